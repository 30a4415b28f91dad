package dev.tethys.model.telemetry;

/** The profiles of one request; each knows the dictionary that it refers to. */
public final class ProfilesData extends Telemetry<Profile> {
  @Override
  public ProfilesData copy() {
    ProfilesData c = new ProfilesData();
    c.copyResources(this);
    return c;
  }
}
