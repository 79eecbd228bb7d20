/** @type {import('next').NextConfig} */
const nextConfig = {
  trailingSlash: true,
  i18n: { locales: ['en'], defaultLocale: 'en' },
};

export default nextConfig;
