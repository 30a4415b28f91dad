/**
 * The journal of systemd, read from its files. Source of the format: systemd, JOURNAL_FILE_FORMAT.
 */
@NullMarked
package dev.tethys.collect.logs.journal;

import org.jspecify.annotations.NullMarked;
