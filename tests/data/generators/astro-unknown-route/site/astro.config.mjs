export default { site: import.meta.env.SITE };
