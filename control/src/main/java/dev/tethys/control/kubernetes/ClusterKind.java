package dev.tethys.control.kubernetes;

import dev.tethys.control.mdai.ManifestReader;
import dev.tethys.control.source.SourceResource;
import java.util.List;
import java.util.Locale;

/**
 * Kind of cluster objects that configure the control plane.
 *
 * @param version version of the group
 * @param plural name in paths
 */
public record ClusterKind(String group, String version, String plural, String kind) {
  /** Kinds of Tethys, in the order of their definitions. */
  public static final List<ClusterKind> OWN =
      List.of(
          own(SourceResource.PIPELINE),
          own(SourceResource.CONTROL),
          own(SourceResource.ROLLOUT),
          own(SourceResource.RULE),
          own(SourceResource.TEST));

  /** Kinds of MDAI. */
  public static final List<ClusterKind> MDAI =
      List.of(
          mdai("MdaiHub", "mdaihubs"),
          mdai("MdaiCollector", "mdaicollectors"),
          mdai("MdaiObserver", "mdaiobservers"),
          mdai("MdaiReplay", "mdaireplays"),
          mdai("MdaiDal", "mdaidals"),
          mdai("MdaiIngress", "mdaiingresses"));

  private static ClusterKind own(String kind) {
    int slash = SourceResource.API_VERSION.indexOf('/');
    return new ClusterKind(
        SourceResource.API_VERSION.substring(0, slash),
        SourceResource.API_VERSION.substring(slash + 1),
        kind.toLowerCase(Locale.ROOT) + "s",
        kind);
  }

  private static ClusterKind mdai(String kind, String plural) {
    return new ClusterKind(
        ManifestReader.GROUP.substring(0, ManifestReader.GROUP.length() - 1), "v1", plural, kind);
  }

  String apiVersion() {
    return group + "/" + version;
  }

  /** Whether it is of Tethys. */
  boolean isOwn() {
    return OWN.contains(this);
  }

  /** Returns the list path; for all namespaces if the namespace is "". */
  String list(String namespace) {
    return "/apis/"
        + apiVersion()
        + (namespace.isEmpty() ? "" : "/namespaces/" + namespace)
        + "/"
        + plural;
  }
}
