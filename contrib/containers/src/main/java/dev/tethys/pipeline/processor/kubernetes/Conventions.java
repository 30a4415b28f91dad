package dev.tethys.pipeline.processor.kubernetes;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Version of the semantic conventions for default attribute names. */
enum Conventions {
  /** {@code k8s.pod.label.x}, {@code container.image.tags}. */
  V1,
  /** {@code k8s.pod.labels.x}, {@code container.image.tag}. */
  V0,
  BOTH;

  String word() {
    return name().toLowerCase(Locale.ROOT);
  }

  boolean newer() {
    return this != V0;
  }

  boolean older() {
    return this != V1;
  }

  /** Prefixes of attributes for labels or annotations. */
  List<String> prefixes(KubernetesKind of, boolean label) {
    String what = "k8s." + of.word() + (label ? ".label" : ".annotation");
    List<String> out = new ArrayList<>(2);
    if (older() && of.hadPlurals()) {
      out.add(what + "s.");
    }
    if (newer() || !of.hadPlurals()) {
      out.add(what + ".");
    }
    return out;
  }
}
