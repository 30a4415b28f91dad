package dev.tethys.logagent;

import dev.tethys.collect.discovery.TargetGroup;
import dev.tethys.collect.logs.file.FileTarget;
import dev.tethys.collect.logs.file.Glob;
import dev.tethys.model.Labels;
import dev.tethys.model.LabelsBuilder;
import dev.tethys.model.relabel.Relabeling;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;

/**
 * Classification of discovered targets: files to read, or the reason for not reading them, in
 * Promtail's wording.
 *
 * @param active files to read, each once, with the discovered labels
 */
record FileTargets(SequencedMap<FileTarget, Labels> active, List<Dropped> dropped) {
  static final FileTargets NONE = new FileTargets(new LinkedHashMap<>(), List.of());

  /** Target that is not read. */
  record Dropped(Labels discovered, String reason, String why) {}

  static FileTargets of(List<TargetGroup> groups, Relabeling relabeling, String host) {
    SequencedMap<FileTarget, Labels> active = new LinkedHashMap<>();
    List<Dropped> dropped = new ArrayList<>();
    for (TargetGroup g : groups) {
      for (Labels t : g.targets()) {
        Labels discovered = g.labels().toBuilder().addAll(t).build();
        LabelsBuilder b = discovered.toBuilder();
        if (!relabeling.apply(b) || b.names().isEmpty()) {
          dropped.add(new Dropped(discovered, "empty_labels", "dropping target, no labels"));
          continue;
        }
        String wanted = b.get("__host__");
        if (!wanted.isEmpty() && !wanted.equals(host)) {
          dropped.add(
              new Dropped(
                  discovered,
                  "wrong_host",
                  "ignoring target, wrong host (" + wanted + ", this is " + host + ")"));
          continue;
        }
        String path = b.get("__path__");
        if (path.isEmpty()) {
          dropped.add(new Dropped(discovered, "no_path", "no path for target"));
          continue;
        }
        String exclude = b.get("__path_exclude__");
        for (String name : b.names()) {
          if (name.startsWith("__")) {
            b.remove(name);
          }
        }
        try {
          FileTarget f =
              new FileTarget(Glob.of(path), exclude.isEmpty() ? null : Glob.of(exclude), b.build());
          if (active.putIfAbsent(f, discovered) != null) {
            dropped.add(new Dropped(discovered, "exists", "ignoring target, already exists"));
          }
        } catch (IllegalArgumentException e) {
          dropped.add(
              new Dropped(discovered, "error", "Failed to create target: " + e.getMessage()));
        }
      }
    }
    return new FileTargets(Collections.unmodifiableSequencedMap(active), List.copyOf(dropped));
  }

  /** Files being read. */
  List<FileTarget> files() {
    return List.copyOf(active.keySet());
  }
}
