import { Type } from 'typebox';
import { filledText } from './schema.ts';

/** The names under which time windows may be listed: every day, or one. */
export const WINDOW_DAYS = [
  'all',
  'sunday',
  'monday',
  'tuesday',
  'wednesday',
  'thursday',
  'friday',
  'saturday',
] as const;

const windows = () =>
  Type.Array(
    Type.Object(
      { begin: filledText('a time, like "5:00 PM"'), end: filledText('a time, like "8:00 AM"') },
      { additionalProperties: true, expected: 'an object with "begin" and "end"' },
    ),
    { minItems: 1, expected: 'an array of time windows that is not empty' },
  );

/**
 * Times of the day, for every day or for days of the week, in which a check is not scheduled (`subdue`) or a filter
 * applies (`when`). (Sensu Core 1.9 documentation, "Time windows".)
 */
export const TimeWindowsSchema = Type.Object(
  {
    days: Type.Partial(Type.Record(Type.Enum([...WINDOW_DAYS]), windows()), {
      additionalProperties: false,
      minProperties: 1,
      expected: 'an object with days: "all", "sunday" … "saturday"',
    }),
  },
  { additionalProperties: true, expected: 'an object with "days"' },
);
