package dev.tethys.insight.objectives;

/** Windows and factors of burn rates from which an objective burns. */
public enum BurnPolicy {
  /** Four pairs of windows, as in Google's SRE workbook and Sloth: two page, two open a ticket. */
  GOOGLE,

  /** Two pairs of windows, as in Coroot: both page, if half of their points are present. */
  COROOT
}
