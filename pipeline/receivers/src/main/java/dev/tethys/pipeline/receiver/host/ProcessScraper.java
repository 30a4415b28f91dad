package dev.tethys.pipeline.receiver.host;

import dev.tethys.collect.host.HostProcess;
import dev.tethys.config.GoDurations;
import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlObject;
import dev.tethys.model.log.JulLogger;
import dev.tethys.model.telemetry.Resource;
import dev.tethys.pipeline.receiver.scraping.Instrument;
import dev.tethys.pipeline.receiver.scraping.MetricSettings;
import dev.tethys.pipeline.receiver.scraping.PointEmitter;
import dev.tethys.pipeline.receiver.scraping.Recorder;
import dev.tethys.pipeline.receiver.scraping.ResourceAttributes;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Scraper of processes: a resource for each. */
final class ProcessScraper implements HostScraper {
  private static final System.Logger LOG = JulLogger.of(ProcessScraper.class.getName());

  private static final String SWITCHES = "process.context_switches";
  private static final String TIME = "process.cpu.time";
  private static final String UTILIZATION = "process.cpu.utilization";
  private static final String IO = "process.disk.io";
  private static final String OPERATIONS = "process.disk.operations";
  private static final String HANDLES = "process.handles";
  private static final String MEMORY = "process.memory.usage";
  private static final String MEMORY_PERCENT = "process.memory.utilization";
  private static final String VIRTUAL = "process.memory.virtual";
  private static final String FILES = "process.open_file_descriptors";
  private static final String FAULTS = "process.paging.faults";
  private static final String SIGNALS = "process.signals_pending";
  private static final String THREADS = "process.threads";
  private static final String UPTIME = "process.uptime";

  static final List<Instrument> INSTRUMENTS =
      List.of(
          Instrument.counter(
                  SWITCHES,
                  "{count}",
                  "Number of times the process has been context switched.",
                  "type")
              .optional(),
          Instrument.time(TIME, "Total CPU seconds broken down by different states.", "state"),
          Instrument.gauge(
                  UTILIZATION,
                  "1",
                  "Percentage of total CPU time used by the process since last scrape, expressed as"
                      + " a value between 0 and 1. On the first scrape, no data point is emitted"
                      + " for this metric.",
                  "state")
              .optional(),
          Instrument.counter(IO, "By", "Disk bytes transferred.", "direction"),
          Instrument.counter(
                  OPERATIONS,
                  "{operations}",
                  "Number of disk operations performed by the process.",
                  "direction")
              .optional(),
          Instrument.level(HANDLES, "{count}", "Number of handles held by the process.").optional(),
          Instrument.level(MEMORY, "By", "The amount of physical memory in use."),
          Instrument.gauge(
                  MEMORY_PERCENT,
                  "1",
                  "Percentage of total physical memory that is used by the process.")
              .optional(),
          Instrument.level(VIRTUAL, "By", "Virtual memory size."),
          Instrument.level(FILES, "{count}", "Number of file descriptors in use by the process.")
              .optional(),
          Instrument.counter(
                  FAULTS, "{faults}", "Number of page faults the process has made.", "type")
              .optional(),
          Instrument.level(SIGNALS, "{signals}", "Number of pending signals for the process.")
              .optional(),
          Instrument.level(THREADS, "{threads}", "Process threads count.").optional(),
          Instrument.gauge(UPTIME, "s", "The time the process has been running.").optional());

  /** Errors that are not reported. */
  record Muted(boolean all, boolean name, boolean exe, boolean io, boolean user, boolean cgroup) {}

  /** Scraper settings. */
  record Settings(
      List<MetricSettings> metrics,
      ResourceAttributes resource,
      NameFilter names,
      Muted muted,
      Duration delay) {}

  static final ScraperKind KIND = kind();

  private static Key<Boolean> mute(Section s, String what) {
    return s.key(
        "mute_process_" + what, Type.BOOL, false, "If true, such errors are not reported.");
  }

  private static ScraperKind kind() {
    Section section = new Section("process", "Metrics of each process.");
    MetricSettings.Keys metrics = new MetricSettings.Keys(section, INSTRUMENTS);
    ResourceAttributes.Keys resource =
        new ResourceAttributes.Keys(section, ProcessResource.ATTRIBUTES);
    NameFilter.Keys names = new NameFilter.Keys(section, "", "names");
    Key<Boolean> all = mute(section, "all_errors");
    Key<Boolean> name = mute(section, "name_error");
    Key<Boolean> exe = mute(section, "exe_error");
    Key<Boolean> io = mute(section, "io_error");
    Key<Boolean> user = mute(section, "user_error");
    Key<Boolean> cgroup = mute(section, "cgroup_error");
    Key<Duration> delay =
        section.key(
            "scrape_process_delay",
            GoDurations.TYPE,
            Duration.ZERO,
            "Minimum age of a scraped process.");
    return new ScraperKind(
        "process",
        section.doc(),
        section.type(
            (YamlObject o) -> {
              Settings s =
                  new Settings(
                      metrics.read(o),
                      resource.read(o),
                      names.read(o),
                      new Muted(
                          o.get(all),
                          o.get(name),
                          o.get(exe),
                          o.get(io),
                          o.get(user),
                          o.get(cgroup)),
                      o.get(delay));
              return version -> new ProcessScraper(s, version);
            }));
  }

  /** Resource usage of a process at its last scrape. */
  private record Used(
      double startedAfterBoot, long nanos, double user, double system, double iowait) {}

  private final Settings settings;
  private final PointEmitter out;
  private final ProcessResource resources;
  private Map<Integer, Used> before = Map.of();

  ProcessScraper(Settings settings, String version) {
    this.settings = settings;
    this.out = new PointEmitter(ScraperKind.origin("process", version), settings.metrics());
    this.resources = new ProcessResource(settings.resource(), settings.muted());
    if (out.isEnabled(HANDLES)) {
      LOG.log(Level.WARNING, "metric {0} is only available on Windows", HANDLES);
    }
  }

  @Override
  public int metrics() {
    return out.enabled();
  }

  @Override
  public void scrape(HostScrape s) throws IOException {
    long boot = s.bootNanos();
    double memory = out.isEnabled(MEMORY_PERCENT) ? s.host().memory().total() : 0;
    int cpus = out.isEnabled(UTILIZATION) ? Math.max(1, s.host().cpuTimes().size()) : 1;
    resources.begin(s);
    Map<Integer, Used> now = new HashMap<>();
    int[] pids = s.host().processes();
    for (int i = 0; i < pids.length; i++) {
      if (s.isLate()) {
        s.failed(metrics(), pids.length - i + " processes not scraped: out of time");
        break;
      }
      HostProcess p = null;
      try {
        p = s.host().process(pids[i]);
      } catch (IOException e) { // hidden by an option of /proc, say
        if (!settings.muted().all() && !settings.muted().name()) {
          s.failed(1, "error reading process name for pid " + pids[i] + ": " + e.getMessage());
        }
      }
      if (p != null) {
        process(s, p, boot, memory, cpus, now);
      }
    }
    before = now;
  }

  private void process(
      HostScrape s, HostProcess p, long boot, double memory, int cpus, Map<Integer, Used> now) {
    String name = resources.name(s, p);
    if (name == null || !settings.names().includes(name)) {
      return;
    }
    long start = boot + (long) (p.startedAfterBoot() * 1e9);
    if (s.nanos() - start < settings.delay().toNanos()) {
      return;
    }
    Resource r = resources.of(s, p, name);
    if (r == null) {
      return;
    }
    out.at(start, s.nanos());
    try {
      if (gather(s, p, name, memory)) {
        cpu(s, p, cpus, now);
        out.recorder(UPTIME).measure(Math.max(0, s.nanos() - start) / 1e9);
        out.emit(r, s.data());
      }
    } finally {
      out.clear(); // or the next process would have the points of this one
    }
  }

  private void cpu(HostScrape s, HostProcess p, int cpus, Map<Integer, Used> now) {
    Recorder time = out.recorder(TIME);
    time.measure(p.userSeconds(), "user");
    time.measure(p.systemSeconds(), "system");
    time.measure(p.waitSeconds(), "wait");
    out.recorder(THREADS).count(p.threads());
    out.recorder(FAULTS).count(p.majorFaults(), "major");
    out.recorder(FAULTS).count(p.minorFaults(), "minor");
    Recorder utilization = out.recorder(UTILIZATION);
    if (!utilization.isOn()) {
      return;
    }
    Used used =
        new Used(
            p.startedAfterBoot(), s.nanos(), p.userSeconds(), p.systemSeconds(), p.waitSeconds());
    Used last = before.get(p.pid());
    now.put(p.pid(), used);
    if (last == null || last.startedAfterBoot != used.startedAfterBoot) {
      return; // new, or another process with the same pid
    }
    double all = (used.nanos - last.nanos) / 1e9 * cpus;
    if (all > 0) {
      utilization.measure((used.user - last.user) / all, "user");
      utilization.measure((used.system - last.system) / all, "system");
      utilization.measure((used.iowait - last.iowait) / all, "wait");
    }
  }

  /**
   * Reads the values that have their own files; returns false if the process has ended meanwhile.
   */
  private boolean gather(HostScrape s, HostProcess p, String name, double memory) {
    boolean alive = true;
    try {
      if (out.isEnabled(MEMORY, VIRTUAL, MEMORY_PERCENT)) {
        HostProcess.Memory m = p.memory();
        alive = m != null;
        if (m != null) {
          out.recorder(MEMORY).count(m.resident());
          out.recorder(VIRTUAL).count(m.virtual());
          out.recorder(MEMORY_PERCENT).measure(memory > 0 ? 100 * m.resident() / memory : 0);
        }
      }
    } catch (IOException e) {
      failed(s, 2, "memory info", p, name, e);
    }
    try {
      if (alive && out.isEnabled(IO, OPERATIONS)) {
        HostProcess.Io io = p.io();
        alive = io != null;
        if (io != null) {
          out.recorder(IO).count(io.readBytes(), "read");
          out.recorder(IO).count(io.writtenBytes(), "write");
          out.recorder(OPERATIONS).count(io.reads(), "read");
          out.recorder(OPERATIONS).count(io.writes(), "write");
        }
      }
    } catch (IOException e) {
      if (!settings.muted().io) {
        failed(s, 1, "disk usage", p, name, e);
      }
    }
    try {
      if (alive && out.isEnabled(SWITCHES)) {
        HostProcess.Switches w = p.switches();
        if (w != null) {
          out.recorder(SWITCHES).count(w.involuntary(), "involuntary");
          out.recorder(SWITCHES).count(w.voluntary(), "voluntary");
        }
      }
    } catch (IOException e) {
      failed(s, 1, "context switch counts", p, name, e);
    }
    try {
      if (alive && out.isEnabled(FILES)) {
        int n = p.openFiles();
        if (n >= 0) {
          out.recorder(FILES).count(n);
        }
      }
    } catch (IOException e) {
      failed(s, 1, "open file descriptor count", p, name, e);
    }
    try {
      if (alive && out.isEnabled(SIGNALS)) {
        HostProcess.Status status = p.status();
        if (status != null) {
          out.recorder(SIGNALS).count(status.pendingSignals());
        }
      }
    } catch (IOException e) {
      failed(s, 1, "pending signals", p, name, e);
    }
    return alive;
  }

  private void failed(
      HostScrape s, int metrics, String what, HostProcess p, String name, IOException e) {
    if (!settings.muted().all) {
      s.failed(metrics, what, p, name, e);
    }
  }
}
