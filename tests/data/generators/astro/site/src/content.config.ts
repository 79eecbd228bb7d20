import { defineCollection } from 'astro:content';
import { glob } from 'astro/loaders';

const people = defineCollection({ loader: glob({ base: './src/people', pattern: '*.json' }) });
const blog = defineCollection({
	loader: glob({ base: './src/content/blog', pattern: '**/*.{md,mdx}' }),
});
export const collections = { people, blog };
