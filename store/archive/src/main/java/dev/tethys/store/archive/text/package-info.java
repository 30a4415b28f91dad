/** Text formats of samples with their times: OpenMetrics and JSON lines, read and written. */
@NullMarked
package dev.tethys.store.archive.text;

import org.jspecify.annotations.NullMarked;
