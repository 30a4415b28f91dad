@NullMarked
package dev.tethys.web.s3;

import org.jspecify.annotations.NullMarked;
