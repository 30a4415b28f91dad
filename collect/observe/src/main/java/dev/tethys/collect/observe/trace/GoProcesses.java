package dev.tethys.collect.observe.trace;

import dev.tethys.codec.elf.ElfFile;
import dev.tethys.collect.observe.kernel.ForeignFile;
import dev.tethys.model.BoundedMap;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.function.IntPredicate;

/** Detects processes whose requests change threads: Go programs. Not thread-safe. */
public final class GoProcesses implements IntPredicate {
  private static final int KEPT = 4096;

  /** Time after which a process is checked again, because its PID may have been reused. */
  private static final long KEPT_NANOS = 60_000_000_000L;

  private record CachedResult(boolean isGo, long since) {}

  private final Path proc;
  private final Map<Integer, CachedResult> known = BoundedMap.byAge(KEPT);

  public GoProcesses(Path proc) {
    this.proc = proc;
  }

  @Override
  public boolean test(int pid) {
    long now = System.nanoTime();
    CachedResult k = known.get(pid);
    if (k == null || now - k.since > KEPT_NANOS) {
      k = new CachedResult(isGo(pid), now);
      known.put(pid, k);
    }
    return k.isGo;
  }

  private boolean isGo(int pid) {
    try (ElfFile elf = ForeignFile.openElf(proc.resolve(pid + "/exe"))) {
      return elf.section(".gopclntab") != null
          || elf.section(".data.rel.ro.gopclntab") != null
          || elf.section(".go.buildinfo") != null;
    } catch (IOException e) {
      return false; // ended
    }
  }
}
