package dev.tethys.pipeline.receiver;

import java.util.concurrent.locks.LockSupport;

/** Calls one method from another until stopped, for tracers to observe. */
public final class TracedProgram {
  private TracedProgram() {}

  /** Runs until it is ended. */
  public static void main(String[] args) {
    while (!Thread.currentThread().isInterrupted()) {
      outer();
    }
  }

  static void outer() {
    try {
      inner();
    } catch (IllegalStateException e) {
      LockSupport.parkNanos(5_000_000);
    }
  }

  static void inner() {
    LockSupport.parkNanos(1_000_000);
    throw new IllegalStateException("out of stock");
  }
}
