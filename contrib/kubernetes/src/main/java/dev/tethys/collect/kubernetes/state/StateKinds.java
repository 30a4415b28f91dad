package dev.tethys.collect.kubernetes.state;

import java.util.ArrayList;
import java.util.List;

/** Kinds of objects that have metrics. */
final class StateKinds {
  /** All kinds, those of the API before those of operators. */
  static final List<StateKind> ALL = all();

  private StateKinds() {}

  private static List<StateKind> all() {
    List<StateKind> out = new ArrayList<>();
    out.add(PodFamilies.pods());
    out.addAll(ClusterFamilies.kinds());
    out.addAll(WorkloadFamilies.kinds());
    out.addAll(ServiceFamilies.kinds());
    out.addAll(StorageFamilies.kinds());
    out.addAll(OperatorFamilies.kinds());
    return List.copyOf(out);
  }
}
