package dev.tethys.bench;

import dev.tethys.codec.pprof.PprofWriter;
import dev.tethys.codec.pprof.PprofWriter.ValueType;
import dev.tethys.codec.pprof.StackProfile.Frame;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;

/** Program with a fixed set of stacks, of which a CPU profile has some. */
final class ProfiledProgram {
  /** Duration of a profile in nanoseconds. */
  static final long DURATION = 10_000_000_000L;

  private static final int STACKS = 3000;
  private static final long PERIOD = 10_000_000;
  private static final ValueType CPU = new ValueType("cpu", "nanoseconds");

  private final List<List<Frame>> stacks = new ArrayList<>();
  private final Random random;

  ProfiledProgram(Random random, int number) {
    this.random = random;
    List<Frame> functions = new ArrayList<>();
    for (int i = 0; i < 1200; i++) {
      String name = "shop.example/service" + number + "/package" + i % 60 + ".(*Type" + i % 200;
      functions.add(
          new Frame(
              name + ").method" + i,
              "/src/service" + number + "/package" + i % 60 + "/file" + i % 300 + ".go",
              20 + i % 500));
    }
    List<List<Frame>> open = new ArrayList<>();
    open.add(List.of(functions.getFirst()));
    while (stacks.size() < STACKS) {
      List<Frame> parent = open.get(random.nextInt(open.size()));
      List<Frame> stack = new ArrayList<>();
      stack.add(functions.get(random.nextInt(functions.size())));
      stack.addAll(parent);
      if (stack.size() < 40) {
        open.add(stack);
      }
      stacks.add(stack);
    }
  }

  /** Returns a profile file of observations, some with the same stack, with two sample types. */
  byte[] profile(int observations, long time) {
    PprofWriter w = writer();
    for (int i = 0; i < observations; i++) {
      add(w, stack());
    }
    return w.toGzip(time, DURATION, CPU, PERIOD);
  }

  /** Returns a profile file with a number of different stacks and two sample types. */
  byte[] profileOfStacks(int count, long time) {
    PprofWriter w = writer();
    Set<Integer> seen = new HashSet<>();
    while (seen.size() < Math.min(count, STACKS)) {
      int stack = stack();
      if (seen.add(stack)) {
        add(w, stack);
      }
    }
    return w.toGzip(time, DURATION, CPU, PERIOD);
  }

  private static PprofWriter writer() {
    return new PprofWriter(new ValueType("samples", "count"), CPU);
  }

  private int stack() {
    return (int) (Math.pow(random.nextDouble(), 2.5) * STACKS);
  }

  private void add(PprofWriter to, int stack) {
    long n = 1 + (long) (3 * Math.pow(random.nextDouble(), 6));
    to.add(stacks.get(stack), n, n * PERIOD);
  }
}
