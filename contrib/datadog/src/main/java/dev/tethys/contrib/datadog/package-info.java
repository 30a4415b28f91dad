/** Components of this module. */
@NullMarked
package dev.tethys.contrib.datadog;

import org.jspecify.annotations.NullMarked;
