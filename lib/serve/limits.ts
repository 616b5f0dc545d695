/** What a server of an environment takes, holds and waits for. */

/** The limits of a server. */
export interface ServiceLimits {
  /** Largest body of a request in bytes. */
  bodyBytes: number;
  /** Bytes of bodies that may be held at the same time. */
  heldBytes: number;
  /** Proposals and answers that may wait at the same time. */
  waiting: number;
  connections: number;
  /** Seconds in which the head of a request has to come, and the whole of it. */
  headSeconds: number;
  requestSeconds: number;
  /** Seconds that a connection may be idle between two requests. */
  idleSeconds: number;
}

/** The limits where no others are given. */
export const SERVICE_LIMITS: ServiceLimits = {
  bodyBytes: 4 * 2 ** 20,
  heldBytes: 64 * 2 ** 20,
  waiting: 4096,
  connections: 1024,
  headSeconds: 10,
  requestSeconds: 30,
  idleSeconds: 60,
};
