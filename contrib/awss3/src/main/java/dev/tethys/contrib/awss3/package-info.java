/** Registration of this module's components. */
@NullMarked
package dev.tethys.contrib.awss3;

import org.jspecify.annotations.NullMarked;
