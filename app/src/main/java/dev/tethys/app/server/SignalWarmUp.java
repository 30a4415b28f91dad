package dev.tethys.app.server;

/** Warm-up queries of a signal other than metrics. */
interface SignalWarmUp {
  /** Rehearses as long as it has turns; how many requests were answered. */
  int run(WarmUpTurns turns) throws InterruptedException;
}
