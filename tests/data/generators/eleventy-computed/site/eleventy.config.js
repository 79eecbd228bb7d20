const site = process.env.SITE_URL || "https://not-this.example.net";
const prefix = `/${process.env.BRANCH}/`;

module.exports = (eleventyConfig) => {
  eleventyConfig.addGlobalData("site", { url: site });
  return { pathPrefix: prefix };
};
