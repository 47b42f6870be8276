//! `sweep`: tidies up after runs that were killed, and does nothing else.

use super::Error;
use super::model_dir::ModelDir;
use super::report::Report;
use crate::base::Progress;

impl ModelDir {
    /// Removes what runs that were killed have left: temporaries that nobody holds locked go, files renamed
    /// aside get their names back. One whose name was taken is reported: it takes a key to tell whether it
    /// may go, and the verb that was interrupted to do it.
    pub fn sweep(&self, progress: &dyn Progress) -> Result<Report, Error> {
        Ok(self.session(None, |_| Ok(()), progress)?.report)
    }
}
