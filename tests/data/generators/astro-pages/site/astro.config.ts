import { defineConfig } from "astro/config";

export default defineConfig({ site: "https://posts.example.net" });
