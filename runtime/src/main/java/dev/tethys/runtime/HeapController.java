package dev.tethys.runtime;

import dev.tethys.model.guard.SupervisedLoop;
import dev.tethys.model.log.JulLogger;
import java.lang.System.Logger.Level;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryPoolMXBean;
import java.lang.management.MemoryUsage;
import java.lang.ref.ReferenceQueue;
import java.lang.ref.WeakReference;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Keeps the heap size close to that of the live objects.
 *
 * <p>The serial collector, chosen because it uses the least memory, collects its old generation
 * only when that cannot grow any further: a server with a large maximum would fill it with dead
 * objects. The old generation is therefore collected whenever it has grown by a share of the live
 * size after the last full collection, plus a headroom: the rule that Go's runtime follows with
 * {@code GOGC}. Collections then cost a constant share of the allocations, and resident memory
 * stays within that share of the live heap.
 */
public final class HeapController {
  private static final long MIB = 1L << 20;
  private static final Duration NEVER = Duration.ofDays(365);
  private static final Duration CHECK_INTERVAL = Duration.ofMillis(500);

  /** Growth after which a collection is worthwhile after a long time without any. */
  static final long LITTLE_BYTES = MIB / 2;

  private static final int RARELY = 500;
  private static final int SELDOM = 4;

  /** A collection that takes a twentieth of the time is cheap. */
  private static final int CHEAP = 20;

  /** A collection during which the whole machine was paused does not predict the next. */
  private static final long SELDOM_AT_MOST = Duration.ofSeconds(10).toNanos();

  /**
   * Conditions for a collection of the old generation.
   *
   * @param growth maximum growth as a share of the live size after its last collection
   * @param cheapGrowth the same while collections are cheap: a twentieth of the time
   * @param headroom additional bytes
   * @param longest maximum time without a collection if it has grown by more than a little: {@link
   *     #LITTLE_BYTES}, and a share of the live size
   * @param little growth that counts as a little, as a share of the live size
   * @param checkInterval interval of checks while there are collections
   */
  record Rule(
      double growth,
      double cheapGrowth,
      long headroom,
      Duration longest,
      double little,
      Duration checkInterval) {
    /**
     * Whether a collection is due.
     *
     * @param used bytes in it now
     * @param alive bytes in it after its last collection
     * @param since nanoseconds since the first check after that
     * @param took duration of the last collection in nanoseconds: collections by age use at most a
     *     five-hundredth of the time, those by growth at most a quarter, since steadily growing
     *     data, such as the response to a large query, is alive
     */
    boolean due(long used, long alive, long since, long took) {
      return used > alive + (long) (growth * alive) + headroom
              && since >= Math.min(took * SELDOM, SELDOM_AT_MOST)
          || used > alive + (long) (cheapGrowth * alive) + headroom && since >= took * CHEAP
          || used > alive + Math.max(LITTLE_BYTES, (long) (little * alive))
              && since > Math.max(longest.toNanos(), took * RARELY);
    }
  }

  /** Rule over time: collections, except those it requests, are detected by the remaining bytes. */
  static final class RuleState {
    private Rule rule;
    private long remaining = -1;
    private long since;
    private long took;

    RuleState(Rule rule) {
      this.rule = rule;
    }

    /**
     * Whether a collection is due, in which case the old generation is collected immediately.
     *
     * @param used bytes in it now
     * @param alive bytes in it after its last collection
     * @param now current {@link System#nanoTime} value
     */
    boolean isDue(long used, long alive, long now) {
      if (alive != remaining) {
        remaining = alive;
        since = now;
      }
      boolean due = rule.due(used, alive, now - since, took);
      if (due) {
        since = now; // also when exactly as much is left as before
      }
      return due;
    }

    /** Follows another rule from now on. */
    void follow(Rule next) {
      rule = next;
    }

    /** Records that a requested collection has ended. */
    void collected(long nanos) {
      took = nanos;
    }
  }

  /** Default rule: the heap may double its live size. */
  static final Rule DOUBLING = new Rule(1, 1, 16 * MIB, NEVER, 0, CHECK_INTERVAL);

  /**
   * Rule of a server with a store: nearly all its live data are arrays of numbers with few
   * references, so that a full collection takes some tenths of a second per gigabyte, and three of
   * them cost less than the garbage left by a single one. Data that was alive only while a snapshot
   * was written, or many series arrived, should not count for hours. During writes, a tenth of a
   * second adds some megabytes.
   */
  private static final Rule STORE =
      new Rule(0.25, 0.25, MIB, Duration.ofMinutes(1), 1 / 16.0, Duration.ofMillis(100));

  /**
   * Rule of a server with a store during many allocations. Query data takes longest to trace and
   * usually dies before it is promoted; but data written to the store at full speed, with the
   * garbage of its heads, is also in the old generation, and would double it. That grows by just
   * some megabytes per second, so collections are cheap and may come sooner.
   */
  private static final Rule BUSY_STORE =
      new Rule(0.75, 0.15, 8 * MIB, NEVER, 0, Duration.ofMillis(100));

  /**
   * Rule of an agent: its live data are byte arrays, allocated at its first scrapes with as much
   * garbage, and nearly none afterwards; data buffered while a receiver was down would otherwise
   * stay for hours. Go's runtime also waits for two minutes.
   */
  private static final Rule AGENT =
      new Rule(0.25, 0.25, 2 * MIB, Duration.ofMinutes(2), 0, CHECK_INTERVAL);

  /**
   * During a burst of data, such as the first samples of many series, half a second is too long.
   */
  private static final Duration SOON = Duration.ofMillis(50);

  private static final long MUCH = 4 * MIB;
  private static final System.Logger LOG = JulLogger.of(HeapController.class.getName());

  /**
   * Objects are promoted by a young collection, or immediately, if they are larger than the young
   * generation: without notification of collections, only these large objects need to be detected.
   */
  private static final Duration REST = Duration.ofSeconds(2);

  /**
   * Almost everything allocated at startup is live, and collecting it pauses the first requests for
   * some hundredths of a second.
   */
  private static final Duration HEAD_START = Duration.ofSeconds(1);

  private HeapController() {}

  /**
   * Detects garbage collections by an unreachable object, so that an idle process is seldom woken
   * to check its heap.
   */
  static final class YoungCollections {
    private final ReferenceQueue<Object> found = new ReferenceQueue<>();
    private @Nullable WeakReference<Object> object;

    /** Discards earlier collections; only those from now on count. */
    void next() {
      while (found.poll() != null) {} // of collections without a waiting caller
      WeakReference<Object> o = object;
      if (o == null || o.refersTo(null)) {
        object = new WeakReference<>(new Object(), found);
      }
    }

    /** Waits for a collection, at most for the given time; returns whether there was one. */
    boolean await(Duration most) throws InterruptedException {
      return found.remove(most.toMillis()) != null;
    }
  }

  /** Starts the control of the heap; without effect under a collector that paces itself. */
  public static void keep() {
    keep(DOUBLING, StartPages.RARELY, false);
  }

  /** Variant for an agent. */
  public static void keepAgent() {
    keep(AGENT, StartPages.RARELY, false);
  }

  /** Variant for a process whose heap is a store of samples. */
  public static void keepStore() {
    keep(STORE, StartPages.AT_ONCE, true);
  }

  private static void keep(Rule rule, Duration pages, boolean youngFollows) {
    StartPages start =
        StartPages.startReleasing(
            pages); // the heap's thread stays, and has no more use for these either
    Optional<MemoryPoolMXBean> old =
        ManagementFactory.getMemoryPoolMXBeans().stream()
            .filter(p -> p.getName().equals("Tenured Gen"))
            .findFirst();
    if (old.isPresent()) {
      Thread.ofPlatform()
          .daemon()
          .name("heap-pace")
          .start(SupervisedLoop.of("heap", () -> watch(old.get(), rule, start, youngFollows)));
    }
  }

  private static void watch(
      MemoryPoolMXBean old, Rule rule, StartPages start, boolean youngFollows) {
    Optional<YoungSize> size =
        youngFollows ? YoungSize.ofProcess(new YoungSize.Rule()) : Optional.empty();
    RuleState pace = new RuleState(rule);
    YoungCollections young = new YoungCollections();
    long before = 0;
    try {
      Thread.sleep(HEAD_START);
    } catch (InterruptedException e) {
      return;
    }
    while (true) {
      young.next();
      MemoryUsage after = old.getCollectionUsage();
      long used = old.getUsage().getUsed();
      long begin = System.nanoTime();
      boolean resized = size.isPresent() && size.get().changes(begin, used);
      if (resized) {
        pace.follow(size.get().isLarge() ? BUSY_STORE : rule);
      }
      if (pace.isDue(used, after == null ? 0 : after.getUsed(), begin) || resized) {
        start.releaseNow(); // the heap is at its largest now
        System.gc();
        long took = System.nanoTime() - begin;
        pace.collected(took);
        LOG.log(
            Level.DEBUG,
            "old generation collected from {0} to {1} bytes in {2} ms",
            used,
            old.getUsage().getUsed(),
            took / 1_000_000);
      }
      try {
        boolean much = used - before > MUCH;
        before = used;
        Thread.sleep(much ? SOON : rule.checkInterval);
        if (!much) {
          young.await(REST);
        }
      } catch (InterruptedException e) {
        return;
      }
    }
  }
}
