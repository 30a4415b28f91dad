/** Registration of this module's components. */
@NullMarked
package dev.tethys.contrib.splunk;

import org.jspecify.annotations.NullMarked;
