package dev.tethys.collect.observe.process;

import dev.tethys.collect.observe.kernel.KernelAssumptions;
import dev.tethys.collect.observe.kernel.ProgramLoadException;
import dev.tethys.testkit.Waiting;
import java.io.IOException;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

class ProcessEventsTest {
  @Test
  void reportsProgramsAndFaultsOfProcesses() throws IOException, ProgramLoadException {
    KernelAssumptions.assumeLoads("process");
    Set<String> seen = new HashSet<>();
    ProcessHandler handler =
        new ProcessHandler() {
          @Override
          public void forked(int parent, int child) {
            throw new AssertionError("the tracepoints have no forks");
          }

          @Override
          public void executed(int process) {
            seen.add("exec " + process);
          }

          @Override
          public void ended(int process, int signal) {
            seen.add("exit " + process + " " + signal);
          }
        };
    try (ProcessEvents events = ProcessEvents.open()) {
      Process p = new ProcessBuilder("sh", "-c", "kill -SEGV $$").start();
      Waiting.await(
          "the end of the process",
          () -> {
            events.read(handler);
            return seen.contains("exec " + p.pid()) && seen.contains("exit " + p.pid() + " 11");
          });
    }
  }
}
