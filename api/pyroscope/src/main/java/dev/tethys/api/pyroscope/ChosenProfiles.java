package dev.tethys.api.pyroscope;

import dev.tethys.model.profiles.ProfileReader;
import dev.tethys.model.profiles.ProfileRows;
import dev.tethys.model.profiles.ProfileSelection;
import dev.tethys.model.profiles.ProfileSymbols;
import dev.tethys.model.profiles.Samples;
import java.util.Set;

/** Passes the profiles with one of some ids to another reader. */
final class ChosenProfiles implements ProfileReader {
  private final long[] hashes; // by series
  private final Set<ProfileId> ids;
  private final ProfileReader to;

  ChosenProfiles(ProfileSelection of, Set<ProfileId> ids, ProfileReader to) {
    this.hashes = of.series().stream().mapToLong(l -> l.hash64()).toArray();
    this.ids = ids;
    this.to = to;
  }

  @Override
  public boolean needsSamples() {
    return to.needsSamples();
  }

  @Override
  public void begin(ProfileSymbols symbols) {
    to.begin(symbols);
  }

  @Override
  public void profile(int series, ProfileRows rows, int row, Samples samples) {
    if (ids.contains(new ProfileId(hashes[series], rows.times[row]))) {
      to.profile(series, rows, row, samples);
    }
  }

  @Override
  public void end() {
    to.end();
  }
}
