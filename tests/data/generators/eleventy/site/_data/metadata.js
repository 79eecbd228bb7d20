export default {
	title: "Maps",
	url: "https://maps.example.net/",
	language: "en",
	description: "Maps that were drawn by hand",
	author: {
		name: "A drawer",
		email: "me@maps.example.net",
		url: "https://maps.example.net/about/",
	},
};
