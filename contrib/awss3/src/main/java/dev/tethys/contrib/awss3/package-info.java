/** Components of this module. */
@NullMarked
package dev.tethys.contrib.awss3;

import org.jspecify.annotations.NullMarked;
