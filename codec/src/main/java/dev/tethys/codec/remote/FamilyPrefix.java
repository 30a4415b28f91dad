package dev.tethys.codec.remote;

import dev.tethys.model.MetricFamilies;
import dev.tethys.model.MetricFamilies.Family;
import dev.tethys.model.MetricMetadata;
import dev.tethys.model.MetricType;
import java.util.HashSet;
import java.util.Set;

/** Writes the known metadata of a source in front of its series. */
public final class FamilyPrefix {
  private FamilyPrefix() {}

  /**
   * Adds metadata to a remote write 1.0 request, for the families of its series only.
   *
   * @param explicit whether series without a known family get metadata of unknown type, so that
   *     metadata of another source before them does not apply
   * @throws dev.tethys.codec.CodecException if the request is malformed
   */
  public static byte[] add(byte[] request, MetricFamilies families, boolean explicit) {
    WriteRequestWriter out = new WriteRequestWriter();
    Set<String> names = new HashSet<>();
    Set<String> written = new HashSet<>();
    RequestSlices in = new RequestSlices().reset(request, 0, request.length);
    String last = "";
    while (in.next()) {
      String name = in.name();
      if (name.isEmpty() || name.equals(last) || !names.add(name)) {
        continue;
      }
      last = name;
      Family f = families.of(name);
      if (f != null) {
        if (written.add(f.name())) {
          out.metadata(f.name(), f.metadata());
        }
      } else if (explicit && written.add(name)) {
        out.metadata(name, new MetricMetadata(MetricType.UNKNOWN, "", ""));
      }
    }
    return out.raw(request, 0, request.length).toByteArray();
  }
}
