module.exports = function (eleventyConfig) {
  eleventyConfig.setInputDirectory("src");
  return { pathPrefix: "/garden/" };
};
