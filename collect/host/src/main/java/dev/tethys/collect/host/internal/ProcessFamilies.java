package dev.tethys.collect.host.internal;

import dev.tethys.collect.host.HostPaths;
import dev.tethys.model.exposition.MetricFamily;
import dev.tethys.model.log.JulLogger;
import java.io.File;
import java.io.IOException;
import java.lang.management.BufferPoolMXBean;
import java.lang.management.ClassLoadingMXBean;
import java.lang.management.GarbageCollectorMXBean;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryPoolMXBean;
import java.lang.management.MemoryUsage;
import java.lang.management.ThreadMXBean;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Reads /proc/self and the Java virtual machine's beans. */
public final class ProcessFamilies {
  private static final Desc CPU =
      Desc.counter("process_cpu_seconds_total", "Total user and system CPU time spent in seconds.");
  private static final Desc OPEN_FDS =
      Desc.gauge("process_open_fds", "Number of open file descriptors.");
  private static final Desc MAX_FDS =
      Desc.gauge("process_max_fds", "Maximum number of open file descriptors.");
  private static final Desc VIRTUAL =
      Desc.gauge("process_virtual_memory_bytes", "Virtual memory size in bytes.");
  private static final Desc VIRTUAL_MAX =
      Desc.gauge(
          "process_virtual_memory_max_bytes",
          "Maximum amount of virtual memory available in bytes.");
  private static final Desc RESIDENT =
      Desc.gauge("process_resident_memory_bytes", "Resident memory size in bytes.");
  private static final Desc START =
      Desc.gauge(
          "process_start_time_seconds", "Start time of the process since unix epoch in seconds.");
  private static final Desc RECEIVED =
      Desc.counter(
          "process_network_receive_bytes_total",
          "Number of bytes received by the process over the network.");
  private static final Desc SENT =
      Desc.counter(
          "process_network_transmit_bytes_total",
          "Number of bytes sent by the process over the network.");

  private static final Desc USED =
      Desc.gauge("jvm_memory_used_bytes", "Used bytes of a given JVM memory area.", "area");
  private static final Desc COMMITTED =
      Desc.gauge(
          "jvm_memory_committed_bytes", "Committed (bytes) of a given JVM memory area.", "area");
  private static final Desc MAX =
      Desc.gauge("jvm_memory_max_bytes", "Max (bytes) of a given JVM memory area.", "area");
  private static final Desc POOL_USED =
      Desc.gauge("jvm_memory_pool_used_bytes", "Used bytes of a given JVM memory pool.", "pool");
  private static final Desc POOL_COMMITTED =
      Desc.gauge(
          "jvm_memory_pool_committed_bytes", "Committed bytes of a given JVM memory pool.", "pool");
  private static final Desc POOL_MAX =
      Desc.gauge("jvm_memory_pool_max_bytes", "Max bytes of a given JVM memory pool.", "pool");
  private static final Desc BUFFERS_USED =
      Desc.gauge("jvm_buffer_pool_used_bytes", "Used bytes of a given JVM buffer pool.", "pool");
  private static final Desc BUFFERS =
      Desc.gauge(
          "jvm_buffer_pool_used_buffers", "Used buffers of a given JVM buffer pool.", "pool");
  private static final Desc GC_COUNT =
      Desc.counter("jvm_gc_collections_total", "Runs of a given JVM garbage collector.", "gc");
  private static final Desc GC_SECONDS =
      Desc.counter(
          "jvm_gc_collection_seconds_total",
          "Time spent in a given JVM garbage collector in seconds.",
          "gc");
  private static final Desc THREADS =
      Desc.gauge("jvm_threads_current", "Current thread count of a JVM.");
  private static final Desc DAEMONS =
      Desc.gauge("jvm_threads_daemon", "Daemon thread count of a JVM.");
  private static final Desc PEAK = Desc.gauge("jvm_threads_peak", "Peak thread count of a JVM.");
  private static final Desc STARTED =
      Desc.counter("jvm_threads_started_total", "Started thread count of a JVM.");
  private static final Desc CLASSES =
      Desc.gauge(
          "jvm_classes_currently_loaded",
          "The number of classes that are currently loaded in the JVM.");
  private static final Desc CLASSES_LOADED =
      Desc.counter(
          "jvm_classes_loaded_total",
          "The total number of classes that have been loaded since the JVM has started.");
  private static final Desc CLASSES_UNLOADED =
      Desc.counter(
          "jvm_classes_unloaded_total",
          "The total number of classes that have been unloaded since the JVM has started.");
  private static final Desc RUNTIME =
      Desc.gauge("jvm_runtime_info", "JVM runtime info.", "version", "vendor", "runtime");

  private static final double USER_HZ = 100;

  private final HostPaths paths;
  private @Nullable HostFiles files; // made with the first scrape: calls of the C library take long

  /** Reads below {@code procfs + "/self"}. */
  public ProcessFamilies(String procfs) {
    paths = new HostPaths(procfs, "/sys", "/", "/run/udev/data");
  }

  /** Passes every family once to {@code to}; one thread at a time. */
  public synchronized void collect(Consumer<MetricFamily> to) {
    Families out = new Families();
    try {
      process(out);
    } catch (IOException e) {
      JulLogger.of(ProcessFamilies.class.getName())
          .log(System.Logger.Level.DEBUG, "no metrics of the process", e);
    }
    jvm(out);
    out.drainTo(to);
  }

  private void process(Families out) throws IOException {
    HostFiles files = files();
    stat(files, out);
    String[] fds = new File(files.proc("self/fd")).list();
    if (fds != null) {
      out.add(OPEN_FDS, fds.length);
    }
    limits(files, out);
    network(files, out);
  }

  private HostFiles files() {
    HostFiles f = files;
    if (f == null) {
      f = new HostFiles(paths);
      files = f;
    }
    return f;
  }

  /** The columns of /proc/self/stat after the name, which may contain blanks and brackets. */
  private static void stat(HostFiles files, Families out) throws IOException {
    Text t = files.read(files.proc("self/stat"));
    t.nextLine();
    int bracket = t.lineEnd - 1;
    while (bracket > t.lineStart && t.buf[bracket] != ')') {
      bracket--;
    }
    t.fieldEnd = bracket + 1;
    if (!t.skipFields(12)) { // state ... utime is the 14th column of all
      throw t.malformed("too few columns");
    }
    double user = t.number();
    t.needField();
    double system = t.number();
    if (!t.skipFields(7)) {
      throw t.malformed("too few columns");
    }
    double start = t.number() / USER_HZ;
    double virtual = t.nextUnsigned();
    double resident = t.nextUnsigned() * PageSize.BYTES;
    out.add(CPU, (user + system) / USER_HZ);
    out.add(VIRTUAL, virtual);
    out.add(RESIDENT, resident);
    Text s = files.read(files.proc("stat"));
    while (s.nextLine()) {
      if (s.lineStartsWith("btime ") && s.skipFields(2)) {
        out.add(START, s.number() + start);
      }
    }
  }

  private static void limits(HostFiles files, Families out) throws IOException {
    Text t = files.read(files.proc("self/limits"));
    while (t.nextLine()) {
      Desc d =
          t.lineStartsWith("Max open files ")
              ? MAX_FDS
              : t.lineStartsWith("Max address space ") ? VIRTUAL_MAX : null;
      if (d != null && t.skipFields(4)) {
        // What is unlimited is the largest number, as other client libraries show it.
        out.add(d, t.is("unlimited") ? 1.8446744073709552e19 : t.number());
      }
    }
  }

  private static void network(HostFiles files, Families out) throws IOException {
    Text t = files.tryRead(files.proc("self/net/netstat"));
    while (t != null && t.nextLine()) {
      if (!t.lineStartsWith("IpExt:")) {
        continue;
      }
      String[] names = t.line().split(" ");
      if (!t.nextLine()) {
        return;
      }
      for (int i = 0; i < names.length && t.nextField(); i++) {
        if (names[i].equals("InOctets")) {
          out.add(RECEIVED, t.number());
        } else if (names[i].equals("OutOctets")) {
          out.add(SENT, t.number());
        }
      }
    }
  }

  private static void jvm(Families out) {
    memory(out, "heap", ManagementFactory.getMemoryMXBean().getHeapMemoryUsage());
    memory(out, "nonheap", ManagementFactory.getMemoryMXBean().getNonHeapMemoryUsage());
    for (MemoryPoolMXBean pool : ManagementFactory.getMemoryPoolMXBeans()) {
      MemoryUsage u = pool.getUsage();
      if (u != null) { // a pool that is gone
        out.add(POOL_USED, u.getUsed(), pool.getName());
        out.add(POOL_COMMITTED, u.getCommitted(), pool.getName());
        out.add(POOL_MAX, u.getMax(), pool.getName());
      }
    }
    for (BufferPoolMXBean pool : ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class)) {
      out.add(BUFFERS_USED, pool.getMemoryUsed(), pool.getName());
      out.add(BUFFERS, pool.getCount(), pool.getName());
    }
    for (GarbageCollectorMXBean gc : ManagementFactory.getGarbageCollectorMXBeans()) {
      out.add(GC_COUNT, gc.getCollectionCount(), gc.getName());
      out.add(GC_SECONDS, gc.getCollectionTime() / 1000.0, gc.getName());
    }
    ThreadMXBean threads = ManagementFactory.getThreadMXBean();
    out.add(THREADS, threads.getThreadCount());
    out.add(DAEMONS, threads.getDaemonThreadCount());
    out.add(PEAK, threads.getPeakThreadCount());
    out.add(STARTED, threads.getTotalStartedThreadCount());
    ClassLoadingMXBean classes = ManagementFactory.getClassLoadingMXBean();
    out.add(CLASSES, classes.getLoadedClassCount());
    out.add(CLASSES_LOADED, classes.getTotalLoadedClassCount());
    out.add(CLASSES_UNLOADED, classes.getUnloadedClassCount());
    out.add(
        RUNTIME,
        1,
        System.getProperty("java.runtime.version", "unknown"),
        System.getProperty("java.vm.vendor", "unknown"),
        System.getProperty("java.runtime.name", "unknown"));
  }

  private static void memory(Families out, String area, MemoryUsage u) {
    out.add(USED, u.getUsed(), area);
    out.add(COMMITTED, u.getCommitted(), area);
    out.add(MAX, u.getMax(), area);
  }
}
