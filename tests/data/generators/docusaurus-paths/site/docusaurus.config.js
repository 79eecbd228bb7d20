export default {
  title: 'Paths',
  url: 'https://paths.example.net',
  baseUrl: '/',
  presets: [['classic', { blog: { showReadingTime: true } }]],
};
