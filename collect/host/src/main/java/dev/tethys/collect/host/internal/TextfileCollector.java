package dev.tethys.collect.host.internal;

import dev.tethys.collect.host.NodeExporterOptions;
import dev.tethys.model.Labels;
import dev.tethys.model.MetricType;
import dev.tethys.model.exposition.MetricFamily.Metric;
import dev.tethys.model.log.JulLogger;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Exposes metrics that other programs wrote to {@code *.prom} files. A file with an error yields
 * nothing, and {@code node_textfile_scrape_error} is set; it is also set for metrics that
 * contradict others in help or type or are duplicates, of which the first are kept.
 */
final class TextfileCollector implements NodeCollector {
  private static final System.Logger LOG = JulLogger.of(TextfileCollector.class.getName());
  private static final Desc MTIME =
      Desc.gauge(
          "node_textfile_mtime_seconds", "Unixtime mtime of textfiles successfully read.", "file");
  private static final Desc ERROR =
      Desc.gauge(
          "node_textfile_scrape_error",
          "1 if there was an error opening or reading a file, 0 otherwise");

  private record FileFamily(TextfileParser.Family family, String file) {}

  private final List<String> directories;

  TextfileCollector(NodeExporterOptions options) {
    directories = options.strings("collector.textfile.directory");
  }

  @Override
  public void collect(HostFiles files, Families out) throws IOException {
    Scrape s = new Scrape(files);
    for (String glob : directories) {
      for (String directory : Globs.folders(glob)) {
        if (!directory.isEmpty()) {
          s.directory(directory);
        }
      }
    }
    s.transfer(out);
  }

  /** State of a single scrape. */
  private static final class Scrape {
    private final HostFiles files;
    private final List<FileFamily> found = new ArrayList<>();
    private final Map<String, String> helps = new HashMap<>();
    private final Set<String> disputed = new HashSet<>();
    private final Map<String, List<String>> sources = new HashMap<>();
    private final Map<String, Long> mtimes = new java.util.TreeMap<>();
    private boolean errored;

    Scrape(HostFiles files) {
      this.files = files;
    }

    private void error(String what) {
      errored = true;
      LOG.log(System.Logger.Level.ERROR, "textfile: {0}", what);
    }

    void directory(String directory) {
      String[] names = new File(directory).list();
      if (names == null) {
        error("cannot read the folder " + directory);
        return;
      }
      java.util.Arrays.sort(names);
      for (String name : names) {
        if (name.endsWith(".prom")) {
          file(Path.of(directory).resolve(name).normalize().toString());
        }
      }
    }

    private void file(String path) {
      try {
        List<TextfileParser.Family> families = TextfileParser.parse(path, files.read(path).raw());
        long mtime = Files.getLastModifiedTime(Path.of(path)).toMillis();
        for (TextfileParser.Family f : families) {
          if (agreed(f)) {
            sources.computeIfAbsent(f.name(), k -> new ArrayList<>()).add(path);
            found.add(new FileFamily(f, path));
          }
        }
        mtimes.put(path, Math.floorDiv(mtime, 1000L));
      } catch (IOException e) {
        error(e.getMessage() == null ? path : e.getMessage());
      }
    }

    /** A second help text for a family conflicts with the earlier one. */
    private boolean agreed(TextfileParser.Family f) {
      String help = f.help();
      String known = helps.get(f.name());
      if (known != null && (disputed.contains(f.name()) || help != null && !help.equals(known))) {
        disputed.add(f.name());
        error("two help texts for " + f.name());
        return false;
      }
      if (help != null) {
        helps.put(f.name(), help);
      }
      return true;
    }

    void transfer(Families out) {
      Map<String, Set<Labels>> seen = new LinkedHashMap<>();
      for (FileFamily f : found) {
        TextfileParser.Family family = f.family;
        String name = family.name();
        MetricType type = out.type(name);
        if (type != null && type != family.type()) {
          error(f.file + ": " + name + " has another type already");
          continue;
        }
        Set<Labels> labels = seen.computeIfAbsent(name, n -> new HashSet<>(out.labels(n)));
        String help = family.help();
        if (help == null) {
          help = "Metric read from " + String.join(", ", sources.getOrDefault(name, List.of()));
        }
        for (Metric m : family.metrics()) {
          if (labels.add(m.labels())) {
            out.add(name, family.type(), help, m);
          } else {
            error(f.file + ": " + name + m.labels() + " is there already");
          }
        }
      }
      mtimes.forEach((file, mtime) -> out.add(MTIME, mtime, file));
      out.add(ERROR, errored ? 1 : 0);
    }
  }
}
