import { aws_apigateway as apigateway } from "aws-cdk-lib";

/** An answer that API Gateway gives without its function, as the document that the gate would give. */
interface Answer {
  readonly status: number;
  readonly title: string;
  /** The last part of the problem's type. */
  readonly name: string;
  readonly detail: string;
  /** Seconds. */
  readonly retryAfter?: number;
}

/**
 * A function that is throttled has stored nothing, one that has failed perhaps has, and API Gateway
 * has one kind of response for both.
 */
const NO_ANSWER: Answer = {
  status: 503,
  title: "Service Unavailable",
  name: "no_answer",
  detail:
    "no answer from the function: it is busy or has failed, and rows may be stored; " +
    "send the request again with its Idempotency-Key",
  retryAfter: 5,
};

const ANSWERS: Readonly<Record<string, Answer>> = {
  INTEGRATION_FAILURE: NO_ANSWER,
  // Whatever has no answer of its own here, such as a function that API Gateway may not call.
  DEFAULT_5XX: NO_ANSWER,
  INTEGRATION_TIMEOUT: {
    status: 504,
    title: "Gateway Timeout",
    name: "outcome_unknown",
    detail:
      "no answer within API Gateway's 29 seconds: all of the rows are stored, or none; " +
      "send the request again with its Idempotency-Key",
  },
  THROTTLED: {
    status: 429,
    title: "Too Many Requests",
    name: "too_many_requests",
    detail: "too many requests; slow down",
    // The usage plan lets at least one in a second.
    retryAfter: 1,
  },
  QUOTA_EXCEEDED: {
    status: 429,
    title: "Too Many Requests",
    name: "quota_exceeded",
    detail: "the key has sent as many requests as its quota has",
    // A quota is of a day at least, and API Gateway does not say when its next one begins.
    retryAfter: 3600,
  },
  INVALID_API_KEY: {
    status: 401,
    title: "Unauthorized",
    name: "unauthorized",
    detail: "x-api-key has no valid key",
  },
  // What API Gateway says of paths and methods that it does not have.
  MISSING_AUTHENTICATION_TOKEN: {
    status: 404,
    title: "Not Found",
    name: "unknown_route",
    detail: "there is no such route",
  },
  REQUEST_TOO_LARGE: {
    status: 413,
    title: "Content Too Large",
    name: "too_many_bytes",
    detail: "at most 4194304 bytes in one request",
  },
};

/** Has API Gateway answer as the gate does, where the function is not asked or does not answer. */
export function answerAsTheGate(api: apigateway.RestApi): void {
  for (const [type, answer] of Object.entries(ANSWERS)) {
    const { status, title, name, detail, retryAfter } = answer;
    api.addGatewayResponse(type, {
      type: apigateway.ResponseType.of(type),
      statusCode: String(status),
      responseHeaders: {
        "Content-Type": "'application/problem+json'",
        "x-request-id": "context.requestId",
        ...(retryAfter ? { "Retry-After": `'${retryAfter}'` } : {}),
      },
      templates: {
        "application/json": JSON.stringify({ type: `urn:rowgate:problem:${name}`, title, status, detail }),
      },
    });
  }
}
