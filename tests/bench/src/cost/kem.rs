//! ML-KEM-768 of the library that the protocol uses, beside the one inside the TLS stack.

use anyhow::anyhow;
use aws_lc_rs::kem::{Ciphertext, DecapsulationKey, EncapsulationKey, ML_KEM_768};

use super::primitives::Primitives;
use crate::output;
use crate::stats::{Measured, interleave, micros};

/// Measures and prints the three operations, from and to bytes as the protocol needs them.
pub(super) fn run(rounds: usize) -> anyhow::Result<()> {
    let ours = Primitives::new()?;
    let failed = |_| anyhow!("aws-lc refused");
    let secret = DecapsulationKey::generate(&ML_KEM_768).map_err(failed)?;
    let public = secret.encapsulation_key().map_err(failed)?.key_bytes().map_err(failed)?.as_ref().to_vec();
    let encapsulate = || {
        let key = EncapsulationKey::new(&ML_KEM_768, &public).map_err(|_| anyhow!("aws-lc refused"))?;
        key.encapsulate().map_err(|_| anyhow!("aws-lc refused"))
    };
    let (ciphertext, _) = encapsulate()?;
    let ciphertext = ciphertext.as_ref().to_vec();
    let mut all = [
        Measured::new("generate", || {
            ours.generate_kem();
            Ok(())
        }),
        Measured::new("", || DecapsulationKey::generate(&ML_KEM_768).map_err(|_| anyhow!("aws-lc refused"))),
        Measured::new("encapsulate", || ours.encapsulate()),
        Measured::new("", encapsulate),
        Measured::new("decapsulate", || {
            ours.decapsulate();
            Ok(())
        }),
        Measured::new("", || secret.decapsulate(Ciphertext::from(&*ciphertext)).map_err(|_| anyhow!("aws-lc refused"))),
    ];
    interleave(rounds, &mut all)?;
    let rows: Vec<Vec<String>> = all.chunks_exact_mut(2).filter_map(row).collect();
    output::table(&["ML-KEM-768, µs", "ml-kem", "aws-lc", "ratio"], &rows);
    Ok(())
}

fn row(pair: &mut [Measured<'_>]) -> Option<Vec<String>> {
    let [ours, theirs] = pair else { return None };
    let (one, other) = (ours.samples.median(), theirs.samples.median());
    let ratio = one.as_secs_f64() / other.as_secs_f64();
    Some(vec![ours.name.to_owned(), micros(one), micros(other), format!("{ratio:.2}")])
}
