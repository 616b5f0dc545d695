/** How many jobs go into a frame: many quick ones, few slow ones. */

/** Most jobs of a frame. */
export const LARGEST_FRAME = 64;
/** Of quick jobs no fewer, where there are enough: they share the frame's cost. */
const SMALLEST_FRAME = 16;
/** What a frame's jobs should take together, by what jobs took lately. */
const FRAME_MS = 200;
/** What a job is thought to take before any has been seen: first frames are small. */
const FIRST_GUESS_MS = 50;

export class Pace {
  /** What a job took lately. */
  #jobMs = FIRST_GUESS_MS;

  /** Half the old estimate and half of what the jobs of a reply took. */
  learn(ms: number, jobs: number): void {
    if (jobs > 0) this.#jobMs = (this.#jobMs + ms / jobs) / 2;
  }

  /** So many that none waits long for others of its frame. */
  jobsInTime(): number {
    const jobs = Math.floor(FRAME_MS / this.#jobMs);
    return Math.min(LARGEST_FRAME, Math.max(1, jobs));
  }

  /** Jobs of the next frame, with so many waiting and so many frames to each child. */
  frameJobs(waiting: number, children: number, frames: number): number {
    const share = Math.ceil(waiting / (frames * children));
    const fewest = Math.min(SMALLEST_FRAME, Math.ceil(waiting / children));
    return Math.min(this.jobsInTime(), Math.max(fewest, share));
  }
}
