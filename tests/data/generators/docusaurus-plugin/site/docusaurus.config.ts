import type {Config} from '@docusaurus/types';

const url = 'https://plugin.example.net';

const config: Config = {
  title: 'Plugin',
  url,
  baseUrl: '/p/',
  trailingSlash: true,
  plugins: [
    ['@docusaurus/plugin-content-blog', {id: 'journal', path: './journal', routeBasePath: '/'}],
  ],
};

export default config;
