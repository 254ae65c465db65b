import { secretsOf, shownDocument } from '../../../config/index.ts';
import { json } from '../../answer.ts';
import type { Route } from '../route.ts';

/** The merged configuration; its secrets only for those who ask for them with `redacted=false`. */
export const settings: Route = {
  path: '/settings',
  methods: {
    GET: ({ query }, { settings: { document } }) =>
      json(query.text('redacted') === 'false' ? document : shownDocument(document, secretsOf(document))),
  },
};
