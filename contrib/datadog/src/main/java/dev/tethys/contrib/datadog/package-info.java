/** Registration of this module's components. */
@NullMarked
package dev.tethys.contrib.datadog;

import org.jspecify.annotations.NullMarked;
