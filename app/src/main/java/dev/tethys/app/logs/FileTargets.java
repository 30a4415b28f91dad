package dev.tethys.app.logs;

import dev.tethys.collect.discovery.TargetGroup;
import dev.tethys.collect.logs.file.FileTarget;
import dev.tethys.collect.logs.file.Glob;
import dev.tethys.model.Labels;
import dev.tethys.model.LabelsBuilder;
import dev.tethys.model.relabel.Relabeling;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * What becomes of discovered targets: files to be read, or the reason why not, as Promtail gives
 * it.
 *
 * @param files each once
 */
record FileTargets(List<FileTarget> files, List<Dropped> dropped) {
  /** A target that is not read. */
  record Dropped(Labels discovered, String reason, String why) {}

  static FileTargets of(List<TargetGroup> groups, Relabeling relabeling, String host) {
    Set<FileTarget> files = new LinkedHashSet<>();
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
          if (!files.add(f)) {
            dropped.add(new Dropped(discovered, "exists", "ignoring target, already exists"));
          }
        } catch (IllegalArgumentException e) {
          dropped.add(
              new Dropped(discovered, "error", "Failed to create target: " + e.getMessage()));
        }
      }
    }
    return new FileTargets(List.copyOf(files), List.copyOf(dropped));
  }
}
