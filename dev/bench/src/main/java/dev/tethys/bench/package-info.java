/** Long runs and side-by-side runs that docs/performance.md reports. */
@NullMarked
package dev.tethys.bench;

import org.jspecify.annotations.NullMarked;
