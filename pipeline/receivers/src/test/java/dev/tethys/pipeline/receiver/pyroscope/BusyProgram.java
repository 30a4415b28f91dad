package dev.tethys.pipeline.receiver.pyroscope;

/** Keeps the CPU busy until stopped, for a profiler to sample. */
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
