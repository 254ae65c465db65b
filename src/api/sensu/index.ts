/**
 * The HTTP API of Sensu Core 1.9, to the header. In: requests as they came. Out: answers; results that resolve
 * events or report something travel through the transport like everybody's. Runs where the API runs; remembers
 * nothing. Lists come from the views; no request scans the store.
 */
export { answerToError, createDispatch, type DispatchParts, type RawRequest } from './dispatch.ts';
export type { Endpoint, EndpointParts, EndpointRequest, Method, Route } from './route.ts';
export { ROUTES } from './routes.ts';
