// Place any global data in this file.
export const SITE_TITLE: string = 'Kites';
export const SITE_DESCRIPTION = 'Paper in the wind';
