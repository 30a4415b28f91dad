package dev.tethys.model.telemetry;

/** Profiles of a request, each with a reference to its dictionary. */
public final class ProfilesData extends Telemetry<Profile> {
  @Override
  public ProfilesData copy() {
    ProfilesData c = new ProfilesData();
    c.copyResources(this);
    return c;
  }
}
