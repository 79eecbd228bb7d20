// @ts-check
/** @type {import('@docusaurus/types').Config} */
const config = {
  title: 'Looms',
  tagline: 'Threads over and under',
  favicon: 'img/favicon.ico',

  // Set the production url of your site here
  url: 'https://looms.example.net',
  baseUrl: '/',

  i18n: {
    defaultLocale: 'en',
    locales: ['en', 'fr'],
  },

  presets: [
    [
      'classic',
      /** @type {import('@docusaurus/preset-classic').Options} */
      ({
        docs: { sidebarPath: './sidebars.js', path: 'manual' },
        blog: {
          showReadingTime: true,
          routeBasePath: 'news',
          feedOptions: { type: ['rss', 'atom'], xslt: true },
        },
      }),
    ],
  ],
};

export default config;
