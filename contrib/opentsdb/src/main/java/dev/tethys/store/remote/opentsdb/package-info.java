/** OpenTSDB as a store that queries read. */
@NullMarked
package dev.tethys.store.remote.opentsdb;

import org.jspecify.annotations.NullMarked;
