module.exports = { siteUrl: 'https://posts.example.net', generateRobotsTxt: true };
