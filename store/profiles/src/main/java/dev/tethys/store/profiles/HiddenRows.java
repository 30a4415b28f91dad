package dev.tethys.store.profiles;

import dev.tethys.model.Labels;
import dev.tethys.store.events.DeletionMark;
import java.util.List;

/** Time ranges of a series that deletions hide. */
record HiddenRows(List<DeletionMark> marks) {
  /** Ranges of the marks that select a series. */
  static HiddenRows of(List<DeletionMark> marks, Labels series) {
    return new HiddenRows(
        marks.stream().filter(m -> ProfileCondition.decode(m.condition()).fits(series)).toList());
  }

  boolean contains(long time) {
    for (DeletionMark m : marks) {
      if (time >= m.from() && time < m.to()) {
        return true;
      }
    }
    return false;
  }
}
