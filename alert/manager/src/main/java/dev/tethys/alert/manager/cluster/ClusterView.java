package dev.tethys.alert.manager.cluster;

import dev.tethys.alert.manager.dispatch.ClusterPosition;
import java.util.List;

/** View of the cluster for notifications and the status page. */
public interface ClusterView extends ClusterPosition {
  /** Returns {@code settling} or {@code ready}. */
  String status();

  /** Returns the name of this member. */
  String name();

  /** Returns the members in order of their names, including this one. */
  List<ClusterNode> members();
}
