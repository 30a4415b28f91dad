package dev.tethys.pipeline.receiver.pyroscope;

/** Computes for as long as it is let: what a profiler is to find. */
public final class BusyProgram {
  private static double sum;

  private BusyProgram() {}

  /** Runs until it is ended. */
  public static void main(String[] args) {
    while (!Thread.currentThread().isInterrupted()) {
      computeMuch();
    }
    System.out.println(sum);
  }

  private static void computeMuch() {
    for (int i = 1; i < 5_000_000; i++) {
      sum += Math.sqrt(i) / Math.log(i + 1.0);
    }
  }
}
