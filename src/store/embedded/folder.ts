/** The database file in the folder of a store. */
export const FILE_NAME = 'tocsin.sqlite';
