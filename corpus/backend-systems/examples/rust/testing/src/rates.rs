//! A client of somebody else's HTTP service, tested against wiremock.

use std::time::Duration;

use serde::Deserialize;

pub struct Rates {
    client: reqwest::Client,
    base: String,
}

#[derive(Debug)]
pub enum RateError {
    TooSlow,
    Refused(u16),
    Http(reqwest::Error),
}

#[derive(Deserialize)]
struct Answer {
    rate: f64,
}

impl Rates {
    pub fn new(base: String, timeout: Duration) -> Result<Self, reqwest::Error> {
        Ok(Self { client: reqwest::Client::builder().timeout(timeout).build()?, base })
    }

    /// Asks a second time when the service answers 503.
    pub async fn rate(&self, currency: &str) -> Result<f64, RateError> {
        for last in [false, true] {
            let request = self.client.get(format!("{}/rates/{currency}", self.base)).bearer_auth("secret");
            let answer = request.send().await.map_err(from_reqwest)?;
            match answer.status().as_u16() {
                200 => return Ok(answer.json::<Answer>().await.map_err(from_reqwest)?.rate),
                503 if !last => continue,
                status => return Err(RateError::Refused(status)),
            }
        }
        unreachable!("the second turn always returns")
    }
}

fn from_reqwest(error: reqwest::Error) -> RateError {
    if error.is_timeout() { RateError::TooSlow } else { RateError::Http(error) }
}
