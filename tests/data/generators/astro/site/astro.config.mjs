// @ts-check
import { defineConfig } from 'astro/config';
import mdx from '@astrojs/mdx';

// https://astro.build/config
export default defineConfig({
	site: 'https://kites.example.net',
	base: '/fly',
	trailingSlash: 'never',
	integrations: [mdx()],
});
